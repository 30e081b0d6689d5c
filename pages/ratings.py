import streamlit as st
st.title("Ratings")
