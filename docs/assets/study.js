window.study = null;
